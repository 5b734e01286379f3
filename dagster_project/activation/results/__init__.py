"""Results of scenarios: what became of those assigned, against those held out, from the ledger and what came after."""
