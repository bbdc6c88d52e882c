"""One id for what belongs together, in every process: W3C Trace Context, and spans for OpenTelemetry."""
