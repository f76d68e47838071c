-- SPDX-License-Identifier: Apache-2.0
-- A stand-in for extension citus in one test database: the names, signatures and
-- catalogue that `countermark init --distributed` uses. It moves no row; it
-- keeps each call and refuses what Citus 13 refuses of a table. It shows
-- nothing about queries. Needs a superuser.
SET allow_system_table_mods = on;

CREATE SCHEMA citus;
CREATE TYPE citus.distribution_type AS ENUM ('hash', 'range', 'append');
CREATE TABLE citus.call (
	number int GENERATED ALWAYS AS IDENTITY, what text, name text,
	partkey text, colocated text);
CREATE TABLE pg_catalog.pg_dist_partition (
	logicalrelid regclass PRIMARY KEY, partmethod "char" NOT NULL,
	partkey text, colocationid int NOT NULL, repmodel "char" NOT NULL);
INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
	VALUES (99999, 'citus', 10, 'pg_catalog'::regnamespace, false, '0 stand-in');

CREATE FUNCTION citus.refuse(what text, VARIADIC args text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '%', format(what, VARIADIC args)
	    USING ERRCODE = 'feature_not_supported';
END
$$;

-- What a distributed and a reference table have in common.
CREATE FUNCTION citus.check_table(t regclass) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	c pg_class;
	bad text;
BEGIN
	SELECT * INTO c FROM pg_class WHERE oid = t;
	IF c.relkind NOT IN ('r', 'p') THEN
		PERFORM citus.refuse('%s is not a regular, foreign or partitioned table', t::text);
	END IF;
	IF EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = t) THEN
		RAISE EXCEPTION 'table "%" is already distributed', t
		    USING ERRCODE = 'invalid_table_definition';
	END IF;
	IF c.relispartition THEN
		PERFORM citus.refuse('cannot distribute relation %s which is a partition', t::text);
	END IF;
	IF EXISTS (SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
	    WHERE (i.inhrelid = t OR i.inhparent = t) AND p.relkind <> 'p') THEN
		PERFORM citus.refuse('%s is in an inheritance hierarchy', t::text);
	END IF;
	SELECT tgrelid::regclass::text INTO bad FROM pg_trigger WHERE NOT tgisinternal
	    AND (tgrelid = t OR tgrelid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = t))
	    LIMIT 1;
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('cannot distribute relation "%s" because it has triggers', bad);
	END IF;
	IF EXISTS (SELECT FROM pg_policy WHERE polrelid = t
	    AND (polqual::text LIKE '%{SUBLINK%' OR polwithcheck::text LIKE '%{SUBLINK%')) THEN
		PERFORM citus.refuse('cannot create policy: subqueries are not supported in policies on distributed tables: %s', t::text);
	END IF;
	IF EXISTS (SELECT FROM pg_rewrite WHERE ev_class = t) THEN
		PERFORM citus.refuse('%s has rules', t::text);
	END IF;
END
$$;

CREATE FUNCTION pg_catalog.create_distributed_table(table_name regclass,
	distribution_column text, distribution_type citus.distribution_type DEFAULT 'hash',
	colocate_with text DEFAULT 'default', shard_count int DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	col pg_attribute;
	grp int;
	bad text;
BEGIN
	PERFORM citus.check_table(table_name);
	SELECT * INTO col FROM pg_attribute WHERE attrelid = table_name
	    AND attname = distribution_column AND NOT attisdropped;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'column "%" of relation "%" does not exist', distribution_column, table_name
		    USING ERRCODE = 'undefined_column';
	END IF;
	IF col.attgenerated <> '' THEN
		PERFORM citus.refuse('cannot distribute %s by a generated column', table_name::text);
	END IF;
	SELECT indexrelid::regclass::text INTO bad FROM pg_index
	    WHERE (indrelid = table_name OR indrelid IN
		(SELECT inhrelid FROM pg_inherits WHERE inhparent = table_name))
	    AND (indisunique OR indisexclusion) AND NOT EXISTS (
		SELECT FROM pg_attribute a WHERE a.attrelid = indrelid
		AND a.attnum = ANY (indkey) AND a.attname = distribution_column);
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('cannot create constraint on "%s": %s does not include the distribution column',
		    table_name::text, bad);
	END IF;
	SELECT inhrelid::regclass::text INTO bad FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhrelid
	    WHERE inhparent = table_name AND p.relkind = 'p' LIMIT 1;
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('distributing multi-level partitioned tables is not supported: %s', bad);
	END IF;
	SELECT attname INTO bad FROM pg_attribute WHERE attrelid = table_name
	    AND attidentity <> '' AND atttypid <> 'bigint'::regtype LIMIT 1;
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('identity column %s of %s is no bigint', bad, table_name::text);
	END IF;
	IF colocate_with = 'none' THEN
		SELECT coalesce(max(colocationid), 0) + 1 INTO grp FROM pg_dist_partition;
	ELSIF colocate_with = 'default' THEN
		SELECT coalesce(max(colocationid), 1) INTO grp FROM pg_dist_partition WHERE partmethod = 'h';
	ELSE
		SELECT p.colocationid INTO grp FROM pg_dist_partition p
		    JOIN pg_attribute a ON a.attrelid = p.logicalrelid AND a.attname = p.partkey
		    WHERE p.logicalrelid = colocate_with::regclass AND p.partmethod = 'h'
		    AND a.atttypid = col.atttypid;
		IF NOT FOUND THEN
			PERFORM citus.refuse('cannot colocate tables %s and %s', colocate_with, table_name::text);
		END IF;
	END IF;
	-- Foreign keys: to a table of the group, or to one that is everywhere.
	SELECT conname INTO bad FROM pg_constraint f WHERE contype = 'f'
	    AND (conrelid = table_name OR confrelid = table_name) AND NOT EXISTS (
		SELECT FROM pg_dist_partition p WHERE p.logicalrelid =
		    CASE f.conrelid WHEN table_name THEN f.confrelid ELSE f.conrelid END
		AND (p.colocationid = grp OR (p.partmethod = 'n' AND f.conrelid = table_name)));
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('cannot create foreign key constraint %s: the tables are not colocated', bad);
	END IF;
	INSERT INTO pg_dist_partition SELECT r, 'h', distribution_column, grp, 's'
	    FROM (SELECT table_name::oid UNION ALL
		SELECT inhrelid FROM pg_inherits WHERE inhparent = table_name) x (r);
	INSERT INTO citus.call (what, name, partkey, colocated)
	    VALUES ('distributed', table_name::text, distribution_column, colocate_with);
END
$$;

CREATE FUNCTION pg_catalog.create_reference_table(table_name regclass)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM citus.check_table(table_name);
	IF (SELECT relkind FROM pg_class WHERE oid = table_name) = 'p' THEN
		PERFORM citus.refuse('%s: a partitioned table cannot be a reference table', table_name::text);
	END IF;
	IF EXISTS (SELECT FROM pg_constraint f WHERE contype = 'f' AND conrelid = table_name
	    AND NOT EXISTS (SELECT FROM pg_dist_partition p
		WHERE p.logicalrelid = f.confrelid AND p.partmethod = 'n')) THEN
		PERFORM citus.refuse('%s refers to a table that is not everywhere', table_name::text);
	END IF;
	INSERT INTO pg_dist_partition VALUES (table_name, 'n', NULL, 1000000, 't');
	INSERT INTO citus.call (what, name) VALUES ('reference', table_name::text);
END
$$;

-- Afterwards: no trigger comes to such a table or leaves it, no policy with a
-- subquery, no key without the distribution column, and a partition that is attached joins its parent.
CREATE FUNCTION citus.watch() RETURNS event_trigger
LANGUAGE plpgsql AS $$
DECLARE
	bad text;
BEGIN
	SELECT t.tgrelid::regclass::text INTO bad
	    FROM pg_event_trigger_ddl_commands() e JOIN pg_trigger t ON t.oid = e.objid
	    JOIN pg_dist_partition p ON p.logicalrelid = t.tgrelid
	    WHERE e.classid = 'pg_trigger'::regclass LIMIT 1;
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('triggers are not supported on distributed tables: %s', bad);
	END IF;
	SELECT q.polrelid::regclass::text INTO bad
	    FROM pg_policy q JOIN pg_dist_partition p ON p.logicalrelid = q.polrelid
	    WHERE q.polqual::text LIKE '%{SUBLINK%' OR q.polwithcheck::text LIKE '%{SUBLINK%' LIMIT 1;
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('cannot create policy: subqueries are not supported in policies on distributed tables: %s', bad);
	END IF;
	SELECT i.indexrelid::regclass::text INTO bad
	    FROM pg_dist_partition p JOIN pg_index i ON i.indrelid = p.logicalrelid
	    WHERE p.partmethod = 'h' AND (i.indisunique OR i.indisexclusion) AND NOT EXISTS (
		SELECT FROM pg_attribute a WHERE a.attrelid = i.indrelid
		AND a.attnum = ANY (i.indkey) AND a.attname = p.partkey) LIMIT 1;
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('cannot create constraint %s without the distribution column', bad);
	END IF;
	INSERT INTO pg_dist_partition SELECT i.inhrelid, p.partmethod, p.partkey, p.colocationid, p.repmodel
	    FROM pg_dist_partition p JOIN pg_inherits i ON i.inhparent = p.logicalrelid
	    WHERE p.partmethod = 'h' AND i.inhrelid NOT IN (SELECT logicalrelid FROM pg_dist_partition);
	SELECT t.tgrelid::regclass::text INTO bad FROM pg_trigger t
	    JOIN pg_dist_partition p ON p.logicalrelid = t.tgrelid WHERE NOT t.tgisinternal LIMIT 1;
	IF bad IS NOT NULL THEN
		PERFORM citus.refuse('cannot distribute relation "%s" because it has triggers', bad);
	END IF;
END
$$;
CREATE EVENT TRIGGER citus_watch ON ddl_command_end EXECUTE FUNCTION citus.watch();
