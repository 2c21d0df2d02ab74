--liquibase formatted sql

--changeset shop:first
CREATE TABLE item (id int PRIMARY KEY);

--changeset shop:second
ALTER TABLE item ADD COLUMN price int;
