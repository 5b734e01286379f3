{{ ranks_at(ref('int_marts__brand_days'), ['customer_id', 'brand_id'], 0) }}
