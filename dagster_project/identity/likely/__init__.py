"""Probabilistic links: records that are likely one person's though no identifier ties them together.

`declaration.py` reads what `seeds/identity/probabilistic.yml` asks for, `features.py` prepares what two records are
compared by, `candidates.py` finds pairs worth comparing, `model.py` lets Splink weigh them, and `links.py` joins the
steps. Arrow tables in, Arrow tables out; the dbt model only calls it. Nothing here decides who is who: the resolver
does, and its guards hold.
"""
