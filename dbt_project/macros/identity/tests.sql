{# A person holds one value at most of a kind that the rules call exclusive, unless an override ties two together. Asked of persons of whom this
   build wrote an identifier: those of all others are as they were. #}
{% test one_value_per_person(model) %}
select
    model.customer_id,
    model.identifier_kind
from {{ model }} as model
inner join {{ ref('identity_kinds') }} as kinds on kinds.kind = model.identifier_kind
where kinds.values_per_person = 1
    and model.customer_id in (select written.customer_id from {{ model }} as written where {{ is_due() }})
    and not exists (select overrides.action from {{ ref('int_identity__overrides') }} as overrides where overrides.action = 'always_link')
group by model.customer_id, model.identifier_kind
having count(*) > 1
{% endtest %}
