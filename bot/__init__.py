"""What the product knows and does: data sets, jobs, models, providers, notices. No Slack in here."""
