"""GitOps for Docker software on one's own servers."""

__version__ = "0.1.0"
