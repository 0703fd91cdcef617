"""The board of coordinators: people by conditions, views of it that are kept, reminders, and what would free pairs."""
