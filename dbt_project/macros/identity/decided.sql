{# Who is who is decided anew only around the identifiers that are touched (macros/identity/touched_identifiers.sql): what happens to one component of
   the graph changes no other. The tables on the way keep their rows, and note in their own transaction what they have changed:

       int_identity__clusters: whom it took over from `int_identity__clusters_anew`, or who is gone, and who is near, in `run.decided_identifiers`
       int_identity__assignments: whose anchor or reason is another, with the anchor before and after, in `run.changed_assignments`
       identity_map: whose row is another, in `run.changed_nodes` and `run.changed_owners` (macros/identity/kept_nodes.sql)

   null stands for everybody. All but the last, which core takes up, lie until the last kept table of the stage has been made, so a run that died is
   simply run again. Rule tables, overrides among them, are no matter of a day: where one has changed, the tables that follow from it are dropped
   before the run and built whole (dagster_project/incremental.py). #}

{# Whether everybody is on a list. #}
{% macro is_everybody_on(list, column='identifier_key') -%}
    {%- set query -%}
        select coalesce(bool_or(noted.{{ column }} is null), false) from {{ list }} as noted
    {%- endset -%}
    {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}

{# The pre-hook of `int_identity__clusters`: finds those that came out otherwise than they are held, forgets them, and notes them with who is touched and with
   all whose records are near to one of these, or were: of everybody in a component that was decided anew they are few. #}
{% macro forget_decided_identifiers() -%}
    {%- set decided, touched = source('run', 'decided_identifiers'), source('run', 'touched_identifiers') -%}
    {%- set anew = ref('int_identity__clusters_anew') -%}
    {%- set columns = 'identifier_key, anchor_key, blocked_reason, component, near, core_key, is_record, claims' -%}
    {%- if not is_incremental() %}
    insert into {{ decided }} values (null)
    {%- elif is_everybody_on(touched) %}
    create or replace temp table changed_clusters as select {{ columns }} from {{ anew }};
    insert into {{ decided }} values (null);
    delete from {{ this }}
    {%- else %}
    create or replace temp table changed_clusters as
    select {{ columns }} from {{ anew }}
    except
    select {{ columns }} from {{ this }} where identifier_key in (select anew.identifier_key from {{ anew }} as anew);
    insert into {{ decided }}
    with
    changed as (
        select clusters.identifier_key from changed_clusters as clusters
        union
        select touched.identifier_key from {{ touched }} as touched
    ),
    near as (
        {%- for clusters in [anew, this] %}
        select clusters.near from {{ clusters }} as clusters
        where clusters.identifier_key in (select changed.identifier_key from changed)
            and clusters.near is not null
        {{- '\n        union' if not loop.last }}
        {%- endfor %}
    )
    select changed.identifier_key from changed
    {%- for clusters in [anew, this] %}
    union
    select clusters.identifier_key from {{ clusters }} as clusters where clusters.near in (select near.near from near)
    {%- endfor %};
    delete from {{ this }}
    where identifier_key in (
        select clusters.identifier_key from changed_clusters as clusters
        union
        (select touched.identifier_key from {{ touched }} as touched except select anew.identifier_key from {{ anew }} as anew)
    )
    {%- endif %}
{%- endmacro %}

{# A condition: the identifier was decided anew, or is near to one that was. Records of all others say what they said. #}
{% macro of_decided_identifiers(column) -%}
    {%- set decided = decided_identifiers() -%}
    {{ return(column ~ ' in ' ~ decided if decided else 'true') }}
{%- endmacro %}

{# These identifiers as a subquery; none where that is everybody. #}
{% macro decided_identifiers() -%}
    {%- if not execute or not is_incremental() or is_everybody_on(source('run', 'decided_identifiers')) -%} {{ return(none) }} {%- endif -%}
    {{ return('(select decided.identifier_key from ' ~ source('run', 'decided_identifiers') ~ ' as decided)') }}
{%- endmacro %}

{# The pre-hook of `identity_conflicts`. #}
{% macro forget_decided_conflicts() -%}
    {%- set condition = of_decided_identifiers('left_key') -%}
    {%- if is_incremental() %}
    delete from {{ this }} where {{ condition }}
    {%- endif %}
{%- endmacro %}

{# The records that `identity_conflicts` compares in this run. #}
{% macro records_to_read() -%}
    {%- if not execute -%}{%- do identity_records('()') -%}{%- endif -%}
    {%- set records, decided = ref('int_identity__records'), decided_identifiers() -%}
    {{ return('(' ~ identity_records(decided) ~ ')' if decided else records) }}
{%- endmacro %}

{# The pre-hook of `int_identity__assignments`: finds, notes and forgets those that differ. Those that were resolved with a pair of records are asked
   again as long as there is a pair, and once after. #}
{% macro forget_changed_assignments() -%}
    {%- set paired, noted = ref('int_identity__paired'), source('run', 'changed_assignments') -%}
    {%- set clusters, decided = ref('int_identity__clusters'), source('run', 'decided_identifiers') -%}
    {%- if not is_incremental() %}
    insert into {{ noted }} values (null, null)
    {%- else %}
    create or replace temp table changed_assignments as
    with
    asked as (
        {%- if is_everybody_on(decided) %}
        select clusters.identifier_key from {{ clusters }} as clusters
        union
        select held.identifier_key from {{ this }} as held
        {%- else %}
        select decided.identifier_key from {{ decided }} as decided
        {%- endif %}
        union
        select pairs.identifier_key from {{ paired }} as pairs
        union
        select held.identifier_key from {{ this }} as held where held.is_paired
    ),
    fresh as (
        select
            asked.identifier_key,
            clusters.identifier_key is not null as is_there,
            case when pairs.identifier_key is null then clusters.anchor_key else pairs.anchor_key end as anchor_key,
            case when pairs.identifier_key is null then clusters.blocked_reason else pairs.blocked_reason end as blocked_reason,
            pairs.identifier_key is not null as is_paired
        from asked
        left join {{ clusters }} as clusters on clusters.identifier_key = asked.identifier_key
        left join {{ paired }} as pairs on pairs.identifier_key = asked.identifier_key
    )
    select
        fresh.*,
        held.anchor_key as held_anchor_key
    from fresh
    left join {{ this }} as held on held.identifier_key = fresh.identifier_key
    where fresh.is_there <> (held.identifier_key is not null)
        or fresh.anchor_key is distinct from held.anchor_key
        or fresh.blocked_reason is distinct from held.blocked_reason
        or fresh.is_paired is distinct from held.is_paired;
    insert into {{ noted }}
    select changed.identifier_key, changed.anchor_key from changed_assignments as changed
    union
    select changed.identifier_key, changed.held_anchor_key from changed_assignments as changed;
    delete from {{ this }} where identifier_key in (select changed.identifier_key from changed_assignments as changed)
    {%- endif %}
{%- endmacro %}

{# The persons, by anchor, of whom an identifier has come, gone or changed, as a subquery; none where that is everybody. #}
{% macro changed_persons() -%}
    {%- if not execute or not is_incremental() -%} {{ return(none) }} {%- endif -%}
    {%- set touched, changed, assignments = source('run', 'touched_identifiers'), source('run', 'changed_assignments'), ref('int_identity__assignments') -%}
    {%- if is_everybody_on(touched) or is_everybody_on(changed) -%} {{ return(none) }} {%- endif -%}
    {%- set persons -%}
        (
            select changed.anchor_key from {{ changed }} as changed
            where changed.anchor_key is not null
            union
            select assignments.anchor_key from {{ assignments }} as assignments
            where assignments.anchor_key is not null
                and assignments.identifier_key in (select touched.identifier_key from {{ touched }} as touched)
        )
    {%- endset -%}
    {{ return(persons) }}
{%- endmacro %}

{# A condition: the person is one of these. #}
{% macro of_changed_persons(column) -%}
    {%- set persons = changed_persons() -%}
    {{ return(column ~ ' in ' ~ persons if persons else 'true') }}
{%- endmacro %}

{# The pre-hook of `persons`. #}
{% macro forget_changed_persons() -%}
    {%- set condition = of_changed_persons('anchor_key') -%}
    {%- if is_incremental() %}
    delete from {{ this }} where {{ condition }}
    {%- endif %}
{%- endmacro %}
