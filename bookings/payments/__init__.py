"""Payment gateways, one a provider: no tables, no transactions."""
