"""Tables that make a room of their own (calls, CRM, SMS); `app.models` names every one, and the rest asks only it."""
