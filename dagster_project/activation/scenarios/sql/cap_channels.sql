-- Each cap with the channels that it counts: those of its group, or of all groups that count overall.
insert into activation.cap_channels by name
select
    caps.cap_id,
    groups.channel,
    caps.max_messages,
    caps.calendar_days is not null as is_calendar,
    case
        when caps.calendar_days is not null then to_days(caps.calendar_days) else to_hours(caps.rolling_hours)
    end as span
from rules.frequency_caps as caps
inner join rules.channel_groups as groups
    on caps.channel_group = groups.channel_group or (caps.channel_group = 'all' and groups.counts_overall)
