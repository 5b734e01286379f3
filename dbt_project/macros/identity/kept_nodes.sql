{# `identity_map` and `int_identity__links`, of which what is published of identity are views, are kept from run to run. An identifier's row follows
   from its tuples, which touch it (macros/identity/touched_identifiers.sql), and from its person (macros/identity/decided.sql). Changed nodes are
   noted in `run.changed_nodes`, null for all of them, in the transaction in which they are forgotten and made again; the links of an identifier
   are made again with it. The last table of the two empties the lists of this stage. It comes after every other table that reads them, so a run
   that died is simply run again. The same nodes are noted for core in `run.changed_owners`, which `int_core__changed_customers` empties. #}

{# A condition: the node is to be made in this run. #}
{% macro of_changed_nodes(column) -%}
    {%- if are_all_nodes_changed() -%}
        {{ return('true') }}
    {%- endif -%}
    {{ return(column ~ ' in (select changed.identifier_key from ' ~ source('run', 'changed_nodes') ~ ' as changed)') }}
{%- endmacro %}

{% macro are_all_nodes_changed() -%}
    {{ return(
        not is_incremental()
        or are_most_noted(source('run', 'touched_identifiers'))
        or is_everybody_on(source('run', 'changed_assignments'))
    ) }}
{%- endmacro %}

{# The pre-hook of `identity_map`: notes and forgets the nodes that are new, other or gone. #}
{% macro forget_changed_nodes() -%}
    {%- set changed, touched, assignments = source('run', 'changed_nodes'), source('run', 'touched_identifiers'), ref('int_identity__assignments') -%}
    {%- set condition, persons = of_changed_nodes('identifier_key'), changed_persons() -%}
    {%- if condition == 'true' %}
    insert into {{ changed }} values (null);
    {%- else %}
    insert into {{ changed }}
    with
    asked as (
        select noted.identifier_key from {{ source('run', 'changed_assignments') }} as noted
        union
        select assignments.identifier_key from {{ assignments }} as assignments where assignments.anchor_key in {{ persons }}
    )
    select touched.identifier_key
    from {{ touched }} as touched
    union
    select asked.identifier_key
    from asked
    left join {{ assignments }} as assignments on assignments.identifier_key = asked.identifier_key
    left join {{ ref('persons') }} as persons on persons.anchor_key = assignments.anchor_key
    left join {{ this }} as held on held.identifier_key = asked.identifier_key
    where assignments.identifier_key is null
        or held.identifier_key is null
        or assignments.anchor_key is distinct from held.anchor_key
        or assignments.blocked_reason is distinct from held.blocked_reason
        or persons.is_visitor is distinct from held.is_visitor
        or persons.first_seen_at is distinct from held.person_first_seen_at;
    {%- endif %}
    insert into {{ source('run', 'changed_owners') }} select noted.identifier_key from {{ changed }} as noted
    {%- if is_incremental() %};
    delete from {{ this }} where {{ condition }}
    {%- endif %}
{%- endmacro %}

{# Of links, or of what they are made of, the rows of those to be made in this run: a query, one part for each reason, since a scan filters by
   one list of keys and not by one of several; so it reads tables, of which no two rows are the same. #}
{% macro changed_links_of(links, columns='*') -%}
    {%- if are_all_links_changed() -%} {{ return('select ' ~ columns ~ ' from ' ~ links) }} {%- endif -%}
    {%- set changed = source('run', 'changed_nodes') -%}
    {%- set ns = namespace(parts=[]) -%}
    {%- for side in ['left_key', 'right_key'] -%}
        {%- do ns.parts.append('select ' ~ columns ~ ' from ' ~ links ~ ' where ' ~ side
            ~ ' in (select changed.identifier_key from ' ~ changed ~ ' as changed)') -%}
    {%- endfor -%}
    {%- do ns.parts.append('select ' ~ columns ~ ' from ' ~ links
        ~ ' where (left_key, right_key) in (select changed.left_key, changed.right_key from changed_links as changed)') -%}
    {{ return(ns.parts | join('\n    union\n    ')) }}
{%- endmacro %}

{# The same of a large table: they are found by their keys, which are numbers, before anything else of them is read. #}
{% macro changed_rows_of(table) -%}
    {%- if are_all_links_changed() -%} {{ return('select * from ' ~ table) }} {%- endif -%}
    {{ return('select * from ' ~ table ~ ' where rowid in (' ~ changed_links_of(table, 'rowid') ~ ')') }}
{%- endmacro %}

{% macro are_all_links_changed() -%}
    {{ return(not is_incremental() or are_most_noted(source('run', 'changed_nodes'))) }}
{%- endmacro %}

{# The pre-hook of `int_identity__links`: forgets those of changed nodes, and those of pairs of which somebody, or how likely they are one,
   decides otherwise by now; that a value is blocklisted goes before. #}
{% macro forget_changed_links() -%}
    {%- if is_incremental() %}
    create or replace temp table changed_links as
    with
    decided as (
        select edges.left_key, edges.right_key, edges.rule, cast(null as double) as match_weight
        from {{ ref('int_identity__edges') }} as edges
        where edges.rule = 'override'
        union all
        select pairs.left_key, pairs.right_key, 'probabilistic' as rule, cast(pairs.match_weight as double) as match_weight
        from {{ ref('int_identity__likely_pairs') }} as pairs
        where pairs.status = 'used'
    ),
    held as (
        select links.left_key, links.right_key, links.rule, links.match_weight
        from {{ this }} as links
        where links.rule in ('override', 'probabilistic')
    ),
    differing as (
        (select * from decided except select * from held)
        union all
        (select * from held except select * from decided)
    ),
    never_links as (
        select overrides.left_key, overrides.right_key
        from {{ ref('int_identity__overrides') }} as overrides
        where overrides.action = 'never_link'
    )
    select differing.left_key, differing.right_key
    from differing
    union
    select links.left_key, links.right_key
    from {{ this }} as links
    left join never_links
        on never_links.left_key = least(links.left_key, links.right_key)
        and never_links.right_key = greatest(links.left_key, links.right_key)
    where links.reason = 'never_link' and never_links.left_key is null
    {%- for left, right in [('left_key', 'right_key'), ('right_key', 'left_key')] %}
    union
    select links.left_key, links.right_key
    from {{ this }} as links
    inner join never_links on never_links.left_key = links.{{ left }} and never_links.right_key = links.{{ right }}
    where coalesce(links.reason, '') not in ('never_link', 'blocklisted')
    {%- endfor %};
    delete from {{ this }} where rowid in ({{ changed_links_of(this, 'rowid') }})
    {%- endif %}
{%- endmacro %}

{# Its post-hook: all tables of the stage that are kept have made again what was touched. #}
{% macro settle_touched_identifiers() -%}
    delete from {{ source('run', 'touched_identifiers') }};
    delete from {{ source('run', 'decided_identifiers') }};
    delete from {{ source('run', 'changed_assignments') }};
    delete from {{ source('run', 'changed_nodes') }};
    delete from {{ source('run', 'corrected_files') }};
    delete from {{ source('erasure', 'corrected_values') }};
    drop table if exists changed_links
{%- endmacro %}
