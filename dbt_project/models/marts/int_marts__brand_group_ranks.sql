{{ ranks_at(ref('int_marts__brand_group_days'), ['customer_id', 'group_id'], 1) }}
