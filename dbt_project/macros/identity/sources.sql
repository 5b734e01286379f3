{# The kinds of identifiers, in the order in which a pair is written: the stronger to the left. #}
{% macro identifier_kinds() -%}
    {{ return(['member_id', 'card_no', 'line_user_id', 'email', 'phone', 'visitor_id']) }}
{%- endmacro %}

{# The one place that says which sources carry identifiers.
   rule: the name of the evidence that one row gives. identifiers: kind -> SQL over the base table (`base`).
   first_seen, last_seen: when the row's identifiers were in use. A version of a record speaks for the time from its
   registration to its update. versions: identity takes edges from every version of an upsert; copies of events say nothing new. #}
{% macro identity_sources() -%}
    {{ return([
        {'source': 'members', 'rule': 'member_record', 'versions': true,
         'identifiers': {'member_id': 'base.member_id', 'line_user_id': 'base.line_user_id', 'email': 'base.email', 'phone': 'base.phone'},
         'first_seen': 'base.registered_at', 'last_seen': 'greatest(base.registered_at, base.updated_at)'},
        {'source': 'store_cards', 'rule': 'card_record', 'versions': true,
         'identifiers': {'card_no': 'base.card_no', 'member_id': 'base.member_id', 'email': 'base.email', 'phone': 'base.phone'},
         'first_seen': 'base.registered_at', 'last_seen': 'greatest(base.registered_at, base.updated_at)'},
        {'source': 'ec_orders', 'rule': 'order', 'versions': true,
         'identifiers': {'member_id': 'base.member_id', 'email': 'base.email', 'phone': 'base.phone'},
         'first_seen': 'base.ordered_at', 'last_seen': 'base.ordered_at'},
        {'source': 'pos_receipts', 'rule': 'receipt', 'versions': false,
         'identifiers': {'card_no': 'base.card_no'},
         'first_seen': 'base.receipted_at', 'last_seen': 'base.receipted_at'},
        {'source': 'store_visits', 'rule': 'visit', 'versions': true,
         'identifiers': {'card_no': 'base.card_no', 'member_id': 'base.member_id'},
         'first_seen': 'base.visited_at', 'last_seen': 'base.visited_at'},
        {'source': 'web_events', 'rule': 'web_event', 'versions': false,
         'identifiers': {'visitor_id': 'base.visitor_id', 'member_id': 'base.member_id', 'email': 'base.email'},
         'first_seen': 'base.occurred_at', 'last_seen': 'base.occurred_at'},
        {'source': 'message_events', 'rule': 'message', 'versions': false,
         'identifiers': {'member_id': 'base.member_id',
                         'email': "case when base.channel = 'email' then base.address end",
                         'phone': "case when base.channel in ('sms', 'phone') then base.address end",
                         'line_user_id': "case when base.channel = 'line' then base.address end"},
         'first_seen': 'base.occurred_at', 'last_seen': 'base.occurred_at'},
        {'source': 'reviews', 'rule': 'review', 'versions': true,
         'identifiers': {'member_id': 'base.member_id'},
         'first_seen': 'base.posted_at', 'last_seen': 'base.posted_at'},
        {'source': 'social_actions', 'rule': 'social_action', 'versions': false,
         'identifiers': {'member_id': 'base.member_id', 'visitor_id': 'base.visitor_id', 'line_user_id': 'base.line_user_id'},
         'first_seen': 'base.occurred_at', 'last_seen': 'base.occurred_at'},
        {'source': 'survey_answers', 'rule': 'survey_answer', 'versions': false,
         'identifiers': {'member_id': 'base.member_id', 'visitor_id': 'base.visitor_id'},
         'first_seen': 'base.answered_at', 'last_seen': 'base.answered_at'},
        {'source': 'external_attributes', 'rule': 'external_attribute', 'versions': true,
         'identifiers': {'member_id': "case when base.identifier_kind = 'member_id' then base.identifier end",
                         'card_no': "case when base.identifier_kind = 'card_no' then base.identifier end",
                         'line_user_id': "case when base.identifier_kind = 'line_user_id' then base.identifier end",
                         'email': "case when base.identifier_kind = 'email' then base.identifier end",
                         'phone': "case when base.identifier_kind = 'phone' then base.identifier end",
                         'visitor_id': "case when base.identifier_kind = 'visitor_id' then base.identifier end"},
         'first_seen': 'base.updated_at', 'last_seen': 'base.updated_at'},
    ]) }}
{%- endmacro %}
