"""What came of a command: a value for programs, tables and sentences for people, in the language in force.

Times are in seconds since the epoch for programs, and in UTC for people; amounts in US dollars.
"""
