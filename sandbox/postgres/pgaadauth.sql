-- Azure's functions for Entra principals. They are in database postgres only, as on Azure.
-- A security label of the provider "pgaadauth" binds a role to a principal, as on Azure: DROP ROLE removes it, and pg_seclabels shows
-- it. The statement SECURITY LABEL FOR pgaadauth needs a library that the sandbox does not have.

CREATE SCHEMA pgaadauth;
REVOKE ALL ON SCHEMA pgaadauth FROM PUBLIC;

-- The copy of the directory. The sandbox writes it at each change of the directory.
CREATE TABLE pgaadauth.tenant (id text NOT NULL);
CREATE TABLE pgaadauth.principal (
  object_id text PRIMARY KEY,
  client_id text,
  name text NOT NULL,
  type text NOT NULL,
  visible_at timestamptz NOT NULL,
  age_rank integer NOT NULL
);
CREATE INDEX ON pgaadauth.principal (name);
CREATE INDEX ON pgaadauth.principal (client_id);

-- The error of the functions' next calls, for tests. A sequence counts the calls, because a failed transaction rolls a counter in a table back.
CREATE TABLE pgaadauth.refusal (code text NOT NULL, message text NOT NULL, times bigint NOT NULL);
CREATE SEQUENCE pgaadauth.refusals;

-- How Azure behaves where that is not known; sandbox/behaviour.ts has the names and values.
CREATE TABLE pgaadauth.behaviour (name text PRIMARY KEY, value text NOT NULL);

CREATE FUNCTION pgaadauth.behaves(asked_name text, asked_value text) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT FROM pgaadauth.behaviour WHERE name = asked_name AND value = asked_value)
$$;

-- The reason is "found" or "unique". Both wordings are published; that the older one was also used for "unique" is assumed.
CREATE FUNCTION pgaadauth.refuse_name(asked text, reason text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pgaadauth.behaves('refusalTexts', 'newer') THEN
    RAISE EXCEPTION 'Cannot validate Microsoft Entra ID user "%" because its name isn''t % in the tenant.', asked, reason
      USING ERRCODE = 'XX000';
  END IF;
  RAISE EXCEPTION 'Could not validate AAD user % because its name is not % in the tenant.', asked, reason USING ERRCODE = 'XX000';
END $$;

-- Accepts an object id or, for a service, a client id: a label may hold either.
CREATE FUNCTION pgaadauth.check_object(asked text, given_type text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  actual_type text;
BEGIN
  SELECT type INTO actual_type FROM pgaadauth.principal
    WHERE (object_id = lower(asked) OR client_id = lower(asked)) AND visible_at <= clock_timestamp();
  IF NOT FOUND THEN
    PERFORM pgaadauth.refuse_name(asked, 'found');
  END IF;
  IF given_type IS DISTINCT FROM actual_type THEN
    RAISE EXCEPTION 'incorrect object type provided for principal, given object type: ''%'', actual object type: ''%''',
      given_type, actual_type USING ERRCODE = 'XX000';
  END IF;
END $$;

CREATE FUNCTION pgaadauth.label(role_name name, object_id text, object_type text, is_admin boolean, is_mfa boolean)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  role_id oid := (SELECT oid FROM pg_catalog.pg_authid WHERE rolname = role_name);
BEGIN
  DELETE FROM pg_catalog.pg_shseclabel
    WHERE objoid = role_id AND classoid = 'pg_catalog.pg_authid'::regclass AND provider = 'pgaadauth';
  INSERT INTO pg_catalog.pg_shseclabel (objoid, classoid, provider, label)
    VALUES (role_id, 'pg_catalog.pg_authid'::regclass, 'pgaadauth',
      format('aadauth,oid=%s,type=%s', lower(object_id), object_type)
        || CASE WHEN is_admin THEN ',admin' ELSE '' END || CASE WHEN is_mfa THEN ',mfa' ELSE '' END);
END $$;

CREATE FUNCTION pgaadauth.is_granted(granted name, grantee name) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (
    SELECT FROM pg_catalog.pg_auth_members m
      JOIN pg_catalog.pg_authid g ON g.oid = m.roleid JOIN pg_catalog.pg_authid t ON t.oid = m.member
      WHERE g.rolname = $1 AND t.rolname = $2 AND m.grantor = 10)
$$;

-- PostgreSQL refuses circular memberships, so the opposite one is revoked first. CREATEROLE and CREATEDB are not inherited: each
-- administrator has them.
CREATE FUNCTION pgaadauth.grant_rights(role_name name, is_admin boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  holder name := CASE WHEN is_admin OR pgaadauth.behaves('adminOption', 'creator')
    THEN session_user ELSE 'azure_pg_admin' END;
BEGIN
  IF is_admin THEN
    IF pgaadauth.is_granted(role_name, 'azure_pg_admin') THEN
      EXECUTE format('REVOKE %I FROM azure_pg_admin CASCADE', role_name);
    END IF;
    EXECUTE format('ALTER ROLE %I CREATEROLE CREATEDB', role_name);
    EXECUTE format('GRANT azure_pg_admin TO %I WITH ADMIN TRUE', role_name);
  ELSE
    IF pgaadauth.is_granted('azure_pg_admin', role_name) THEN
      EXECUTE format('REVOKE azure_pg_admin FROM %I CASCADE', role_name);
    END IF;
    EXECUTE format('ALTER ROLE %I NOCREATEROLE NOCREATEDB', role_name);
  END IF;
  IF holder <> role_name AND NOT (SELECT rolsuper FROM pg_catalog.pg_authid WHERE rolname = holder) THEN
    EXECUTE format('GRANT %I TO %I WITH ADMIN TRUE, INHERIT FALSE, SET FALSE', role_name, holder);
  END IF;
END $$;

CREATE FUNCTION pgaadauth.create_role(role_name name, object_id text, object_type text, is_admin boolean, is_mfa boolean)
RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE ROLE %I WITH LOGIN', role_name);
  PERFORM pgaadauth.grant_rights(role_name, is_admin);
  PERFORM pgaadauth.label(role_name, object_id, object_type, is_admin, is_mfa);
  RETURN format('Created role for "%s"', role_name);
END $$;

CREATE FUNCTION pgaadauth.require(VARIADIC given text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  refusal pgaadauth.refusal;
BEGIN
  SELECT * INTO refusal FROM pgaadauth.refusal LIMIT 1;
  IF FOUND AND nextval('pgaadauth.refusals') <= refusal.times THEN
    RAISE EXCEPTION '%', refusal.message USING ERRCODE = refusal.code;
  END IF;
  IF array_position(given, NULL) IS NOT NULL THEN
    RAISE EXCEPTION 'null value not allowed' USING ERRCODE = 'null_value_not_allowed';
  END IF;
END $$;

CREATE FUNCTION pg_catalog.pgaadauth_create_principal(rolename text, isadmin boolean, ismfa boolean)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_id text;
  found_type text;
BEGIN
  PERFORM pgaadauth.require(rolename, isadmin::text, ismfa::text);
  SELECT object_id, type INTO found_id, found_type FROM pgaadauth.principal
    WHERE name = rolename AND visible_at <= clock_timestamp() ORDER BY age_rank LIMIT 1;
  IF NOT FOUND THEN
    PERFORM pgaadauth.refuse_name(rolename, 'found');
  END IF;
  IF pgaadauth.behaves('duplicateNames', 'refused') AND (
    SELECT count(*) > 1 FROM pgaadauth.principal WHERE name = rolename AND visible_at <= clock_timestamp()
  ) THEN
    PERFORM pgaadauth.refuse_name(rolename, 'unique');
  END IF;
  RETURN pgaadauth.create_role(rolename::name, found_id, found_type, isadmin, ismfa);
END $$;

CREATE FUNCTION pg_catalog.pgaadauth_create_principal_with_oid(
  rolename text, objectid text, objecttype text, isadmin boolean, ismfa boolean)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pgaadauth.require(rolename, objectid, objecttype, isadmin::text, ismfa::text);
  PERFORM pgaadauth.check_object(objectid, objecttype);
  RETURN pgaadauth.create_role(rolename::name, objectid, objecttype, isadmin, ismfa);
END $$;

CREATE FUNCTION pg_catalog.pgaadauth_update_principal_with_oid(
  rolename text, objectid text, objecttype text, isadmin boolean, ismfa boolean)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_role pg_catalog.pg_authid;
BEGIN
  PERFORM pgaadauth.require(rolename, objectid, objecttype, isadmin::text, ismfa::text);
  SELECT * INTO found_role FROM pg_catalog.pg_authid WHERE rolname = rolename::name;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'role "%" does not exist', rolename USING ERRCODE = 'undefined_object';
  END IF;
  IF found_role.rolsuper OR found_role.rolname = 'azure_pg_admin' OR starts_with(found_role.rolname, 'pg_') THEN
    RAISE EXCEPTION 'permission denied to alter restricted role "%"', rolename USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM pgaadauth.check_object(objectid, objecttype);
  PERFORM pgaadauth.grant_rights(found_role.rolname, isadmin);
  PERFORM pgaadauth.label(found_role.rolname, objectid, objecttype, isadmin, ismfa);
  RETURN format('Updated role for "%s"', found_role.rolname);
END $$;

CREATE FUNCTION pg_catalog.pgaadauth_list_principals(boolean)
RETURNS TABLE (rolname name, principaltype text, objectid text, tenantid text, ismfa integer, isadmin integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.rolname, substring(l.label FROM 'type=([^,]+)'), substring(l.label FROM 'oid=([^,]+)'),
    (SELECT id FROM pgaadauth.tenant), (l.label ~ ',mfa(,|$)')::integer, (l.label ~ ',admin(,|$)')::integer
  FROM pg_catalog.pg_shseclabel l JOIN pg_catalog.pg_authid r ON r.oid = l.objoid
  WHERE l.classoid = 'pg_catalog.pg_authid'::regclass AND l.provider = 'pgaadauth'
    AND (NOT $1 OR l.label ~ ',admin(,|$)')
  ORDER BY r.rolname
$$;

REVOKE EXECUTE ON FUNCTION pg_catalog.pgaadauth_create_principal, pg_catalog.pgaadauth_create_principal_with_oid,
  pg_catalog.pgaadauth_update_principal_with_oid, pg_catalog.pgaadauth_list_principals FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pg_catalog.pgaadauth_create_principal, pg_catalog.pgaadauth_create_principal_with_oid,
  pg_catalog.pgaadauth_update_principal_with_oid, pg_catalog.pgaadauth_list_principals TO azure_pg_admin;
