"""Working hours for people whom a test wants to be told, on whatever day and at whatever hour it runs."""

import json

ALWAYS = json.dumps({"push": True, "starts": "00:00", "ends": "24:00", "days": [0, 1, 2, 3, 4, 5, 6]})
"""As `team_members.notification_preferences`."""
