insert into activation.standing_messages by name
select
    own.scenario_id, own.step, own.match_key, own.feed_row_id, coalesce(aliases.customer_id, own.customer_id) as customer_id,
    own.channel, own.send_at
from activation.own_scenario_steps as own
left join identity.customer_aliases as aliases
    on own.customer_id = aliases.alias_id and aliases.customer_id <> aliases.alias_id
where not own.holdout and not coalesce(own.is_transactional, false)
