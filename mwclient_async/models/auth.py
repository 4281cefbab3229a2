"""How a Site proves who it is: values whose repr hides the secret."""

from attrs import field, frozen, validators


@frozen(kw_only=True)
class BotPassword:
    """A bot password of the account, made on the wiki's page Special:BotPasswords.

    ``name`` is the full login name, account and application: ``"DemoBot@uploads"``. A bot password logs in without
    further steps (no second factor), carries only the grants that were ticked when it was made, and can be withdrawn
    without touching the account. See https://www.mediawiki.org/wiki/Manual:Bot_passwords.
    """

    name: str = field(validator=validators.instance_of(str))
    password: str = field(repr=False)

    @password.validator
    def _is_text(self, _attribute: object, value: object) -> None:
        if not isinstance(value, str) or not value:  # the value is not shown
            raise ValueError("BotPassword password is empty or no text: is the variable that holds it set?")

    @name.validator
    def _has_application(self, _attribute: object, value: str) -> None:
        account, at, application = value.rpartition("@")
        if not (account and at and application):
            raise ValueError(
                f"BotPassword name {value!r} has no application: write it as 'Account@application', "
                "both as shown on the wiki's page Special:BotPasswords"
            )

    @property
    def account(self) -> str:
        """The account's own name, without the application."""
        return self.name.rpartition("@")[0]
