"""What a Site offers, by subject.

Each builds a call or a stream, picks the answer out of the reply, and converts it.
"""
