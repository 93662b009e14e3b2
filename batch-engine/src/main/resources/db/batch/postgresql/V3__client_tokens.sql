-- Under which tokens a resource was updated, and when: epoch milliseconds by token, as JSON.
alter table consumable_resource add column client_tokens text collate "C" not null default '{}';
