-- Azure creates only extensions that the server parameter azure.extensions lists, and only for members of azure_pg_admin.
-- The sandbox writes the list to the file azure.extensions in the data directory.

CREATE FUNCTION pg_catalog.azure_check_extension() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  allowed text[] := string_to_array(lower(replace(coalesce(pg_read_file('azure.extensions', true), ''), ' ', '')), ',');
  wanted text;
BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
    RETURN;
  END IF;
  IF NOT pg_has_role(session_user, 'azure_pg_admin', 'MEMBER') THEN
    RAISE EXCEPTION 'Only members of "azure_pg_admin" are allowed to use CREATE EXTENSION' USING ERRCODE = 'insufficient_privilege';
  END IF;
  FOR wanted IN SELECT extname FROM pg_event_trigger_ddl_commands() c JOIN pg_extension e ON c.classid = 'pg_extension'::regclass AND e.oid = c.objid
  LOOP
    IF NOT lower(wanted) = ANY (allowed) THEN
      RAISE EXCEPTION 'extension "%" is not allow-listed for "azure_pg_admin" users in Azure Database for PostgreSQL', wanted
        USING ERRCODE = 'feature_not_supported', HINT = 'to see the full allow list of extensions, please run: "show azure.extensions;"';
    END IF;
  END LOOP;
END $$;
CREATE EVENT TRIGGER azure_extensions ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION') EXECUTE FUNCTION pg_catalog.azure_check_extension();
