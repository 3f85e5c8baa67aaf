"""`quarterhour explain`: why a session or an invoice says what it says."""
