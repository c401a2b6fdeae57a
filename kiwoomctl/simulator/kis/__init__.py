"""Korea Investment & Securities' wire over the exchange core: REST and live sessions."""
