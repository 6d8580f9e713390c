"""What runs a network: one file per engine, all behind the protocol in ``base``."""
