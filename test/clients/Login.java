import java.sql.DriverManager;

/** Logs in with a JDBC URL as it stands, and prints what the server answers to a query. */
class Login {
  public static void main(String[] args) throws Exception {
    try (var connection = DriverManager.getConnection(args[0]);
        var row = connection.createStatement().executeQuery(args[1])) {
      row.next();
      System.out.println(row.getString(1));
    }
  }
}
