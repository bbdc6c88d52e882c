"""The history of experiments: jobs searched, sorted, compared and exported."""
