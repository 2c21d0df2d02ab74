import org.flywaydb.core.Flyway;

/** Runs Flyway as the environment variables FLYWAY_… say. Its own command is no package of Maven. */
class Migrate {
  public static void main(String[] args) {
    Flyway.configure().envVars().load().migrate();
  }
}
