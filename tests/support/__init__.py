"""What several test files need: networks, photographs, checkpoints, a hub, ways to run a command.

Everything here is small, seeded and free of files outside of the repository.
"""
