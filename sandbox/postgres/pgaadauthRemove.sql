-- Removes what pgaadauth.sql makes. Roles and their labels stay.

DROP SCHEMA IF EXISTS pgaadauth CASCADE;
DROP FUNCTION IF EXISTS pg_catalog.pgaadauth_create_principal, pg_catalog.pgaadauth_create_principal_with_oid,
  pg_catalog.pgaadauth_update_principal_with_oid, pg_catalog.pgaadauth_list_principals;
