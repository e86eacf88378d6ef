-- The minimal booking: lock two seats, see whether they are sold, write the booking and its lines.
-- Every client takes seats that nobody else takes, over 200 shows of 1,000 seats.
\set number :number + 1
\set turn :client_id + :clients * :number
\set show 1 + :turn % 200
\set first 1000 * (:show - 1) + 1 + 2 * ((:turn / 200) % 500)
\set second :first + 1
BEGIN;
SELECT id, price FROM seat WHERE show_id = :show AND id IN (:first, :second) ORDER BY id FOR NO KEY UPDATE;
SELECT seat_id FROM line WHERE show_id = :show AND seat_id IN (:first, :second);
INSERT INTO booking (show_id, customer_id, total) VALUES (:show, :turn, 500) RETURNING id AS booking \gset
INSERT INTO line (booking_id, show_id, seat_id, price) VALUES (:booking, :show, :first, 250), (:booking, :show, :second, 250);
COMMIT;
