--liquibase formatted sql

--changeset shop:first
CREATE TABLE item (id int PRIMARY KEY);
