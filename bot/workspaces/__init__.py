"""Many workspaces: in which the app is installed, with what tokens, and what becomes of one that removes it."""
