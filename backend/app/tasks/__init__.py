"""Tasks: what they look like, how they are kept, how they are served."""
