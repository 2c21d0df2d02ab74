-- Takes away what pgaadauth.sql makes. Roles and their bindings stay.

DROP SCHEMA IF EXISTS pgaadauth CASCADE;
DROP FUNCTION IF EXISTS pg_catalog.pgaadauth_create_principal(text, boolean, boolean);
DROP FUNCTION IF EXISTS pg_catalog.pgaadauth_create_principal_with_oid(text, text, text, boolean, boolean);
DROP FUNCTION IF EXISTS pg_catalog.pgaadauth_update_principal_with_oid(text, text, text, boolean, boolean);
DROP FUNCTION IF EXISTS pg_catalog.pgaadauth_list_principals(boolean);
