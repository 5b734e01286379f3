with

-- New identifiers change nobody's id.
known_moves as (
    select * from {{ ref('int_identity__moves') }}
    where not is_new
),

-- Of the large tables each is asked for the few identifiers that it is joined for, so that none is joined whole.
blocked as (
    select assignments.identifier_key
    from {{ ref('int_identity__assignments') }} as assignments
    where assignments.blocked_reason is not null
        and assignments.identifier_key in (select known_moves.identifier_key from known_moves)
),

moves as (
    select
        known_moves.*,
        blocked.identifier_key is not null as is_blocked
    from known_moves
    left join blocked on blocked.identifier_key = known_moves.identifier_key
),

pairs as (
    select
        moves.from_key,
        moves.anchor_key as to_key,
        bool_or(moves.from_is_visitor) as from_is_visitor,
        bool_or(moves.is_visitor) as to_is_visitor,
        count(*) as identifiers,
        bool_and(moves.is_blocked) as is_blocked
    from moves
    group by moves.from_key, moves.anchor_key
),

lost as (
    select
        moves.from_key,
        bool_or(moves.is_blocked) as has_blocked,
        bool_or(not moves.is_blocked) as has_absent
    from moves
    where moves.anchor_key is null
    group by moves.from_key
),

-- A pair that was one person before was not forbidden then: the override is what is new. The same of pairs tied together.
overridden as (
    select
        overrides.action,
        left_before.anchor_key as left_before_key,
        right_before.anchor_key as right_before_key
    from {{ ref('int_identity__overrides') }} as overrides
    inner join {{ source('run', 'identity_map_before') }} as left_before on left_before.identifier_key = overrides.left_key
    inner join {{ source('run', 'identity_map_before') }} as right_before on right_before.identifier_key = overrides.right_key
    where (overrides.action = 'never_link' and left_before.anchor_key = right_before.anchor_key)
        or (overrides.action = 'always_link' and left_before.anchor_key <> right_before.anchor_key)
),

overridden_persons as (
    select left_before_key as person_key from overridden
    union
    select right_before_key as person_key from overridden
),

new_edges as (
    select
        edges.left_key,
        edges.right_key
    from {{ ref('identity_edges') }} as edges
    where edges.landing_no > coalesce((select max(known.landing_no) from {{ source('run', 'identity_before') }} as known), 0)
),

new_ends as (
    select left_key as identifier_key from new_edges
    union
    select right_key as identifier_key from new_edges
),

-- asked for the few persons between whom anything moved
moved_persons as (
    select pairs.from_key as person_key from pairs
    union
    select pairs.to_key as person_key from pairs
),

persons_with_new_edges as (
    select assignments.anchor_key as person_key
    from {{ ref('int_identity__assignments') }} as assignments
    where assignments.anchor_key in (select moved_persons.person_key from moved_persons)
        and assignments.identifier_key in (select new_ends.identifier_key from new_ends)
    union
    select before.anchor_key as person_key
    from {{ source('run', 'identity_map_before') }} as before
    where before.anchor_key in (select moved_persons.person_key from moved_persons)
        and before.identifier_key in (select new_ends.identifier_key from new_ends)
),

files as (
    select
        bool_or(known.has_withdrawn) as has_withdrawn,
        bool_or(known.has_restored) as has_restored,
        max(known.as_of) as as_of
    from {{ source('run', 'identity_before') }} as known
),

published_ids as (
    select
        published_ids.anchor_key,
        min(published_ids.customer_id) as customer_id
    from {{ source('run', 'published_ids') }} as published_ids
    where published_ids.anchor_key in (select pairs.from_key from pairs)
        or published_ids.customer_id in (select erased.customer_id from {{ source('run', 'erased_customers') }} as erased)
    group by published_ids.anchor_key
),

erased_persons as (
    select
        published_ids.anchor_key,
        erased.erased_on
    from {{ source('run', 'erased_customers') }} as erased
    inner join published_ids on published_ids.customer_id = erased.customer_id
),

told as (
    select
        pairs.*,
        case
            when pairs.to_key is null then 'gone'
            when pairs.from_key is null then 'returned'
            when from_anchors.anchor_key = pairs.to_key and pairs.from_is_visitor and not pairs.to_is_visitor then 'identified'
            when from_anchors.anchor_key = pairs.to_key then 'merged'
            when to_anchors.from_key = pairs.from_key then 'split'
            else 'moved'
        end as change,
        coalesce(lost.has_blocked, false) as has_blocked,
        coalesce(lost.has_absent, false) as has_absent
    from pairs
    left join moves as from_anchors on from_anchors.identifier_key = pairs.from_key
    left join moves as to_anchors on to_anchors.identifier_key = pairs.to_key
    left join lost on lost.from_key = pairs.from_key
),

reasoned as (
    select
        told.*,
        case
            when told.from_key in (select overridden_persons.person_key from overridden_persons) then 'override'
            when told.change = 'gone' and told.is_blocked then 'blocked'
            when told.change = 'gone' and told.from_key in (select erased.anchor_key from erased_persons as erased) then 'erased'
            when told.change = 'gone' then 'withdrawn'
            when told.change = 'split' and told.has_blocked then 'blocked'
            when told.change = 'split' and (told.has_absent or files.has_withdrawn) then 'withdrawn'
            when told.from_key in (select touched.person_key from persons_with_new_edges as touched)
                or told.to_key in (select touched.person_key from persons_with_new_edges as touched) then 'new_rows'
            when files.has_restored then 'restored'
            when told.has_blocked then 'blocked'
            when told.has_absent or files.has_withdrawn then 'withdrawn'
            when exists (select 1 from erased_persons as erased where erased.erased_on > files.as_of) then 'erased'
            else 'rules'
        end as because
    from told
    cross join files
),

identity_changes as (
    select
        changes.as_of,
        changes.change,
        changes.from_id,
        changes.to_id,
        changes.from_is_visitor,
        changes.to_is_visitor,
        changes.identifiers,
        changes.because
    from {{ source('run', 'identity_changes_before') }} as changes
    union all
    select
        {{ as_of() }} as as_of,
        reasoned.change,
        published_ids.customer_id as from_id,
        persons.customer_id as to_id,
        reasoned.from_is_visitor,
        reasoned.to_is_visitor,
        cast(reasoned.identifiers as bigint) as identifiers,
        reasoned.because
    from reasoned
    left join published_ids on published_ids.anchor_key = reasoned.from_key
    left join {{ ref('persons') }} as persons on persons.anchor_key = reasoned.to_key
)

select * from identity_changes
