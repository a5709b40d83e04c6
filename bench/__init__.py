"""Speed, each stage beside a limit or a peer in the same run. Never a test: machines are shared and noisy."""
