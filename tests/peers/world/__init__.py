"""The world in which the compiled bot is tried: its peers as processes on loopback, and people who use it."""
