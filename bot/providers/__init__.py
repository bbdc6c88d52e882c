"""Where training happens: one small interface, and its implementation for OpenAI's protocol."""
