"""Korea Investment & Securities (한국투자증권), its Open API for domestic shares."""
