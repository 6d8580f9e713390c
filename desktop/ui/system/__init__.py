"""What the window and the computer around it tell each other: sleep, power, notifications, the task bar."""
