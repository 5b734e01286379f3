"""What a person may ask of the data about him: erasure here, opt-in and opt-out in the models of consent.

An erased person leaves landing, warehouse, published days, lists and ledger, and receivers are sent deletions. What
stays is a salted tombstone per identifier, which keeps rows that come again out, and a record of what was erased,
without his data.
"""
