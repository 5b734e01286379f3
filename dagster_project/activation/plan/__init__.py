"""What the next weeks are likely to bring: the scenarios asked about days to come, and nothing of it kept."""
