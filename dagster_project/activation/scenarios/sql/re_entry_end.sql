-- Who has not entered was not triggered.
delete from activation.due_steps as due
using activation.scenario_rules as rules
where due.scenario_id = rules.scenario_id and due.step_no = 1 and (rules.enters_once or rules.re_entry_days is not null)
    and not exists (
        select entries.match_key
        from activation.entries as entries
        where entries.scenario_id = due.scenario_id and entries.match_key = due.match_key
            and entries.customer_id = due.customer_id
    )
