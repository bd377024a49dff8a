"""./dev bench fair: what one tenant can do to another on the same node."""
