-- Events that are still to be brought to the broker: it has neither acknowledged nor refused them.
create view outbox as select * from events e where published_at is null
    and not exists (select 1 from dead_letters d where d.event_id = e.id);

-- Plugins that need somebody.
create view unwell_plugins as select * from plugins
    where status in ('failed', 'quarantined') or security_score < 80 or security_violations > 0;
