"""What people read: a function for each sentence, which takes values and speaks the language in force.

Text functions return plain text. They never escape, and know no Slack (docs/architecture.md, "Sentences").
"""
