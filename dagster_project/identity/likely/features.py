"""What two records are compared by, made in SQL from the columns of `pii.int_identity__records`: a row per record."""

# unique_id: the record's own identifier. owner: the member that it belongs to for certain, null of a card without one.
# family, given: the written name, or the reading where only that is there.
# address_pairs: a bit per pair of neighbouring characters without spaces, so that a typing error, a missing part or
# another order costs little in any script. (1021 is prime and more than the pairs of Latin letters; comparing lists
# of pairs took thirty times as long.) address_numbers: what tells neighbours apart.
FEATURES = r"""
    with
    letters as (
        select records.identifier_key, replace(records.address_key, ' ', '') as text
        from records
        where length(records.address_key) > 1
    ),
    places as (
        select letters.identifier_key, letters.text, unnest(range(1, length(letters.text))) as place
        from letters
    ),
    pairs as (
        select places.identifier_key,
            bitstring_agg(
                cast((unicode(substr(places.text, places.place, 1)) * 31
                    + unicode(substr(places.text, places.place + 1, 1))) % 1021 as integer), 0, 1020
            ) as address_pairs
        from places
        group by places.identifier_key
    )
    select
        records.identifier_key as unique_id,
        records.member_key as owner,
        coalesce(records.last_name_key, records.last_name_kana_key) as family,
        coalesce(records.first_name_key, records.first_name_kana_key) as given,
        records.last_name_kana_key as family_kana,
        records.first_name_kana_key as given_kana,
        strftime(records.birth_date, '%Y%m%d') as birth,
        records.gender,
        records.postal_code,
        records.prefecture,
        records.address_key as address,
        pairs.address_pairs,
        nullif(array_to_string(regexp_extract_all(records.address_key, '[0-9]+'), '-'), '') as address_numbers,
        records.phone,
        records.email,
        split_part(records.email, '@', 1) as email_name,
        nullif(regexp_replace(split_part(records.email, '@', 1), '[^0-9]+', '-', 'g'), '-') as email_numbers
    from records
    left join pairs on pairs.identifier_key = records.identifier_key
    order by unique_id
"""

COLUMNS = (
    "owner",
    "family",
    "given",
    "family_kana",
    "given_kana",
    "birth",
    "gender",
    "postal_code",
    "prefecture",
    "address",
    "address_pairs",
    "address_numbers",
    "phone",
    "email",
    "email_name",
    "email_numbers",
)
