package io.millrace.jdbc;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;

/**
 * How values travel to a column in an array: as what array type, and with what cast. Numbers and booleans go in binary; everything else goes as
 * text that the server casts, which knows every type it has.
 */
enum ColumnArray {

    BIGINT("int8", ""), DOUBLE("float8", ""), BOOLEAN("bool", ""), NUMERIC("numeric", ""), BYTES("bytea", ""), TEXT("text", null);

    private final String elementType;
    private final String cast;

    ColumnArray(String elementType, String cast) {
        this.elementType = elementType;
        this.cast = cast;
    }

    static ColumnArray forType(String columnType) {
        return switch (columnType) {
            case "bigint", "integer", "smallint" -> BIGINT;
            case "double precision", "real" -> DOUBLE;
            case "boolean" -> BOOLEAN;
            case "numeric" -> NUMERIC;
            case "bytea" -> BYTES;
            default -> TEXT;
        };
    }

    String elementType() {
        return elementType;
    }

    /** The expression in the select list for an unnested value. */
    String select(String value, String columnType) {
        return cast == null || columnType.equals("integer") || columnType.equals("smallint") || columnType.equals("real") ? value + "::" + columnType : value;
    }

    /**
     * Converts one value.
     *
     * @throws DataException naming the value and the type it does not fit
     */
    Object convert(Object value, String columnType) {
        if (value == null) {
            return null;
        }
        try {
            return switch (this) {
                case BIGINT -> whole(value, columnType);
                case DOUBLE -> value instanceof Number number ? (Object) number.doubleValue() : Double.valueOf(value.toString());
                case BOOLEAN -> value instanceof Boolean ? value : parseBoolean(value);
                case NUMERIC -> value instanceof BigDecimal ? value : new BigDecimal(value.toString());
                case BYTES -> bytes(value);
                case TEXT -> text(value, columnType);
            };
        } catch (NumberFormatException | ArithmeticException | DateTimeParseException e) {
            throw new DataException("value " + value + " does not fit type " + columnType);
        }
    }

    private static Long whole(Object value, String columnType) {
        long number = switch (value) {
            case BigDecimal decimal -> decimal.longValueExact();
            case Double fraction -> BigDecimal.valueOf(fraction).longValueExact();
            case Float fraction -> new BigDecimal(fraction.toString()).longValueExact();
            case Number integer -> integer.longValue();
            default -> Long.parseLong(value.toString());
        };
        boolean fits = switch (columnType) {
            case "integer" -> number == (int) number;
            case "smallint" -> number == (short) number;
            default -> true;
        };
        if (!fits) {
            throw new NumberFormatException();
        }
        return number;
    }

    private static Boolean parseBoolean(Object value) {
        return switch (value.toString().toLowerCase(java.util.Locale.ROOT)) {
            case "true", "t", "1" -> true;
            case "false", "f", "0" -> false;
            default -> throw new NumberFormatException();
        };
    }

    private static byte[] bytes(Object value) {
        return switch (value) {
            case byte[] array -> array;
            case ByteBuffer buffer -> {
                byte[] copy = new byte[buffer.remaining()];
                buffer.duplicate().get(copy);
                yield copy;
            }
            // JSON has no bytes: converters write base64.
            default -> java.util.Base64.getDecoder().decode(value.toString());
        };
    }

    private static String text(Object value, String columnType) {
        if (value instanceof Number number) {
            // Epoch milliseconds, which is how JSON carries Connect's time types.
            switch (columnType) {
                case "timestamp with time zone":
                    return Instant.ofEpochMilli(number.longValue()).toString();
                case "timestamp without time zone":
                    return Instant.ofEpochMilli(number.longValue()).atOffset(ZoneOffset.UTC).toLocalDateTime().toString();
                case "date":
                    return LocalDate.ofEpochDay(number.longValue()).toString();
                default:
                    break;
            }
        }
        return switch (value) {
            case Instant instant -> columnType.equals("timestamp without time zone") ? instant.atOffset(ZoneOffset.UTC).toLocalDateTime().toString()
                    : instant.toString();
            case LocalDate date -> date.toString();
            case LocalTime time -> time.toString();
            case OffsetDateTime time -> time.toString();
            case java.util.Date date -> date.toInstant().toString();
            case Map<?, ?> map -> Json.write(map);
            case List<?> list -> columnType.startsWith("json") ? Json.write(list) : arrayLiteral(list);
            case Struct struct -> Json.write(struct);
            default -> value.toString();
        };
    }

    private static String arrayLiteral(List<?> list) {
        StringBuilder literal = new StringBuilder("{");
        for (Object element : list) {
            literal.append(literal.length() == 1 ? "" : ",");
            literal.append(element == null ? "NULL" : '"' + element.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"');
        }
        return literal.append('}').toString();
    }
}
