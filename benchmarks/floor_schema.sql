-- What floor.sql works on: 200 shows of 1,000 seats.
CREATE TABLE seat (
    id bigint PRIMARY KEY, show_id bigint NOT NULL, price numeric(14, 3) NOT NULL);
CREATE TABLE booking (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    show_id bigint NOT NULL, customer_id bigint NOT NULL, total numeric(14, 3) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE line (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    booking_id bigint NOT NULL REFERENCES booking, show_id bigint NOT NULL,
    seat_id bigint NOT NULL REFERENCES seat, price numeric(14, 3) NOT NULL,
    UNIQUE (show_id, seat_id));
INSERT INTO seat SELECT id, 1 + (id - 1) / 1000, 250 FROM generate_series(1, 200000) id;
CREATE INDEX ON line (booking_id);
ANALYZE;
