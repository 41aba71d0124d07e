-- Orthanc's own user, and its database, which nobody else may connect to. As the master user, with
-- the variable `user`; can be run again, and on both nodes at once.
select pg_advisory_lock(hashtext('orthweb'));

select format('create role %I login nosuperuser nocreatedb nocreaterole', :'user')
where not exists (select from pg_roles where rolname = :'user') \gexec
\password :user

-- Whoever gives a database away must belong to the new owner, for that long.
grant :"user" to current_user;
select format('create database orthanc owner %I', :'user')
where not exists (select from pg_database where datname = 'orthanc') \gexec
revoke all on database orthanc from public;
revoke :"user" from current_user;

select pg_advisory_unlock(hashtext('orthweb'));
