"""What a crawl costs on a cluster: ``python -m benchmarks.crawls``."""
